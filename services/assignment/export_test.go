package assignment

// AfterChunk has f called after every chunk of the fan-out.
func (s *Service) AfterChunk(f func()) { s.afterChunk = f }
