package divisions

import "fmt"

// BuiltIn is a small county that does not exist: 4 towns with 20 villages and
// communities, in the same form and order as County gives.
func BuiltIn() []Row {
	const county = "999901"
	rows := []Row{row(county, "青禾县", "", "county")}
	towns := []struct {
		name   string
		places []string
	}{
		{"东河街道", []string{"河滨社区居委会", "文昌社区居委会", "新华社区居委会", "槐树里社区居委会", "东关社区居委会"}},
		{"南湖镇", []string{"南湖社区居委会", "柳林村委会", "大井村委会", "芦苇荡村委会", "三棵树村委会"}},
		{"西岭镇", []string{"岭上村委会", "枣园村委会", "石桥子村委会", "望山村委会", "前石匠村委会"}},
		{"北桥乡", []string{"北桥村委会", "杨家铺村委会", "小泊子村委会", "官庄村委会", "沙窝村委会"}},
	}
	for i, t := range towns {
		code := fmt.Sprintf("%s%03d", county, i+1)
		rows = append(rows, row(code, t.name, county, "town"))
	}
	for i, t := range towns {
		town := rows[i+1].Code
		for j, name := range t.places {
			rows = append(rows, row(fmt.Sprintf("%s%03d", town, j+1), name, town, "unit"))
		}
	}
	return rows
}
