package store

// After is the state machine, for its tables.
func (s State) After(n News) State { return s.after(n) }
