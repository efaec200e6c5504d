package notice

// Seen says up to which notice an inbox has been seen; see fault.Check.
type Seen struct {
	UpTo string `limit:"..64"` // empty: all of it
}
