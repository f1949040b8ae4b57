"""One use case per file: a session and options in, a frozen result out."""
