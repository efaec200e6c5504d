package paper

import (
	"github.com/duban/duban/services/rectification/document"
)

// form is how a passage is set: in Word by a style of paragraphs, in Excel by
// what follows.
type form struct {
	style  string // of Word
	font   string
	size   float64 // points
	color  string
	align  string
	lead   string // what its first line begins with
	rule   string // side on which it has a line
	indent int    // from that side, in characters
	space  float64
}

const (
	black = "000000"
	red   = "FF0000"
)

// forms has one for every role: what has none cannot be written.
var forms = map[document.Role]form{
	document.RoleOffice:    {style: "Office", font: xiaoBiao, size: 28, color: red, align: "center", space: 14},
	document.RoleNumber:    {style: "Number", font: fangSong, size: bodySize, color: red, align: "center", rule: "bottom", space: 10},
	document.RoleTitle:     {style: "Title", font: xiaoBiao, size: titleSize, color: black, align: "center", space: 24},
	document.RoleAddressee: {style: "To", font: fangSong, size: bodySize, color: black, align: "left", space: 4},
	document.RoleText:      {style: "BodyText", font: fangSong, size: bodySize, color: black, align: "left", lead: "　　", space: 4},
	document.RoleAnnexes:   {style: "Annex", font: fangSong, size: bodySize, color: black, align: "left", lead: "　　", space: 14},
	document.RoleSigner:    {style: "Signature", font: fangSong, size: bodySize, color: black, align: "right", indent: 4, space: 14},
	document.RoleDay:       {style: "Signature", font: fangSong, size: bodySize, color: black, align: "right", indent: 4, space: 4},
	document.RoleCopyTo:    {style: "CopyTo", font: fangSong, size: 14, color: black, align: "left", rule: "top", space: 10},
	document.RoleAnnexMark: {style: "AnnexMark", font: heiTi, size: bodySize, color: black, align: "left", space: 10},
	document.RoleHeading:   {style: "Heading", font: xiaoBiao, size: titleSize, color: black, align: "center", space: 14},
	document.RoleBelow:     {style: "Below", font: fangSong, size: 12, color: black, align: "left", space: 8},
	document.RoleNote:      {style: "Note", font: heiTi, size: 12, color: black, align: "left", space: 10},
	document.RoleNoteText:  {style: "NoteText", font: fangSong, size: cellSize, color: black, align: "left", space: 2},
	document.RoleOrigin:    {style: "Origin", font: fangSong, size: originSize, color: black, align: "left", space: 6},
}
