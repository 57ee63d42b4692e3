// A library needs one source file; folders that hold only headers so far get this one.
