package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/directory/internal/spelling"
	"pgregory.net/rapid"
)

func found(name, query string) bool {
	return slices.ContainsFunc(spelling.Of(name, 0), func(s string) bool { return strings.HasPrefix(s, spelling.Asked(query)) })
}

func TestCase11EveryReadingOfEveryCharacter(t *testing.T) {
	t.Parallel()
	for name, queries := range map[string]string{
		// Of the case.
		"重庆路小学": "cqlxx zqlxx chongqinglu", "长乐中学": "clzx zlzx changle", "厦门路社区": "xml sml xiamenlu", "中国银行平度支行": "zgyh zgyx zhongguoyinhang zgyhpdzh",
		"曾家村": "zjc cjc zengjia", "单家庄": "sjz djz shanjia", "解家庄": "xjz jjz xiejia", "查家村": "zjc cjc zhajia",
		"单雄": "sx dx", "曾国强": "zgq", "解小龙": "xxl", "第一中学": "diyi dyzx", "朝阳": "cy zy", "六安": "la luan liuan", "蚌埠": "bb bengbu", "大夫": "df dafu daifu",
		// Surnames.
		"仇英": "qy qiuying", "区志": "oz qz ouzhi", "尉迟恭": "ycg wcg yuchi", "万俟卨": "mq moqi", "澹台灭明": "ttmm dtmm tantai", "长孙无忌": "zswj zhangsun",
		"盖叫天": "gjt gejiaotian", "朴树": "ps piaoshu", "任飞": "rf renfei", "缪荃孙": "mqs miao", "乐毅": "yy ly yueyi", "员半千": "ybq yun", "种师道": "csd zsd chongshidao",
		"折御卿": "syq zyq sheyuqing", "逄蒙": "pm pangmeng", "佴祺": "nq naiqi", "黑敬": "hj hejing", "翟让": "zr dr zhairang", "隗嚣": "wx kx weixiao", "繁钦": "pq fq poqin",
		"牟平": "mp muping mouping", "秘书": "ms bs", "祭仲": "zz jz zhaizhong", "能元": "ny nai", "覃勇": "qy ty qinyong", "谌龙": "cl sl chenlong shenlong", "召平": "sp zp",
		"晁盖": "cg chaogai", "瞿秋白": "qqb", "乜子": "nz mz nie", "郇山": "xs hs", "郗鉴": "xj cj", "句践": "gj jj", "宁静": "nj", "冼星海": "xxh", "洗夫人": "xfr", "柏杨": "by bo bai",
		"葛洪": "gh", "贾岛": "jd", "芮城": "rc", "么书仪": "ysy", "晟哥": "cg sg", "粘杆": "ng zg", "佘太君": "stj", "仝军": "tj", "郏县": "jx", "郄虹": "qh xh", "亓官": "qg",
		"厍狄": "sd", "令狐冲": "lhc", "单于": "cy chanyu", "车胤": "cy", "纪晓岚": "jxl", "那英": "ny", "宿迁": "sq", "燕青": "yq", "盛世": "ss sheng cs", "过江": "gj", "不准": "fz bz",
		"叶公": "yg sg", "俞平": "yp sp", "洪洞": "hd ht", "钭元": "ty dy", "筰": "z", "缑": "g", "眭": "s", "呙": "g", "麦": "m", "卜": "b", "卜算": "bs", "曲阜": "qf", "褚": "c", "冯": "f",
		"仉": "z", "妫": "g", "阚": "k", "訾": "z", "郜": "g", "栾": "l", "逯": "l", "戚": "q", "贲": "b", "邸": "d", "撒": "s", "占": "z", "哈": "h", "啜": "c", "宓": "m f", "嵇": "j",
		// Places.
		"台州": "tz taizhou", "东阿": "de donge", "铅山": "ys qs yanshan", "番禺": "py panyu", "尉犁": "yl yuli", "大埔": "db dabu", "黄陂": "hp huangpi", "莘县": "sx xx shenxian", "莘庄": "xz sz",
		"乐亭": "lt laoting", "乐清": "yq yueqing", "浚县": "xx jx xunxian", "丽水": "ls lishui", "泌阳": "by biyang", "歙县": "sx xx shexian", "穆棱": "ml muling", "荥阳": "xy", "荥经": "yj xj",
		"会稽": "kj hj kuaiji", "天台": "tt", "井陉": "jx", "蔚县": "yx wx yuxian", "涡阳": "gy wy guoyang", "枞阳": "zy cy zongyang", "浒墅关": "xsg hsg", "长汀": "ct", "鄱阳": "py poyang",
		"临朐": "lq", "茌平": "cp", "鄄城": "jc", "犍为": "qw jw", "筠连": "jl yl junlian", "深圳": "sz", "洪洞县": "htx", "六合": "lh luhe", "十堰": "sy", "什邡": "sf", "大城": "dc", "婼羌": "rq", "巴音": "by",
		"瀍河": "ch", "浉河": "sh", "阆中": "lz langzhong", "嵊州": "sz", "暨阳": "jy", "邗江": "hj", "盱眙": "xy xuyi", "睢宁": "sn", "郫都": "pd", "珙县": "gx", "儋州": "dz", "勐海": "mh", "亳州": "bz bozhou",
		"柏乡": "bx", "磁窑堡": "cyb cyp", "马家堡": "mjb mjp", "吴堡": "wb wubu", "十里铺": "slp", "涌泉": "yq", "河涌": "hc", "石磜": "s", "北碚": "bb beibei", "綦江": "qj", "涪陵": "fl", "黟县": "yx", "峄城": "yc",
		"绿春": "lc lvchun", "女姑口": "ngk nvgukou nügu", "吕梁": "ll lvliang lüliang luliang", "侯官": "hg", "藏马": "zm cm", "车站": "cz", "银行": "yh yx", "学校": "xx xj", "参": "c s", "朝鲜": "cx", "传": "c z", "数": "s", "率": "l s", "调": "d t", "弹": "d t", "还": "h", "降": "j x", "角": "j", "系": "x j", "著": "z", "禅": "c s", "屏": "p b", "识": "s z", "似": "s", "属": "s z", "提": "t d", "委": "w", "校": "x j", "血": "x", "殷": "y", "轧": "y z", "择": "z", "扎": "z", "正": "z", "只": "z", "重": "c z",
		// Other signs.
		"A区3号楼": "aq3hl aqu3haolou", "ＷｉＦｉ学校": "wifixx", "阿依古丽·买买提": "ayglmmt ayiguli", "𠮷野小学": "𠮷yxx yxx", "㐀": "q", "西安": "xian xi'an", "城关（东）小学": "cgdxx", "Ωβ": "ω ωβ",
	} {
		for q := range strings.FieldsSeq(queries) {
			if !found(name, q) {
				t.Errorf("%s is not found by %s: %q", name, q, spelling.Of(name, 0))
			}
		}
	}
	for name, q := range map[string]string{"重庆": "x", "第一": "dx", "长乐": "changzz", "村委会": "cwhh"} {
		if found(name, q) {
			t.Errorf("%s is found by %s", name, q)
		}
	}
	if got := strings.Join(spelling.Of("单家庄", 2), " "); got != "djz cjz sjz danjiazhuang chanjiazhuang shanjiazhuang" {
		t.Errorf("with a fixed end: %s", got)
	}
}

// However long a name and however many readings it has, what is kept is
// bounded, and its usual spellings are among it.
func TestSpellingsAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]rune("重长曾单解查行乐能那番𠮷aA1·（")), rapid.Rune()), 0, 60).Draw(t, "name"))
		all := spelling.Of(name, 0)
		if len(all) > 96 {
			t.Fatalf("%d spellings", len(all))
		}
		for _, s := range all {
			if s == "" || strings.ContainsAny(s, "\n ") {
				t.Fatalf("%q", s)
			}
		}
	})
}
