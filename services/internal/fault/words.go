package fault

import "strings"

// Words are words as one argument of a Text, each said in the reader's language.
type Words []string

// WordBreak stands between Words; nothing else that is said holds it.
const WordBreak = " / "

// String implements fmt.Stringer.
func (w Words) String() string { return strings.Join(w, WordBreak) }
