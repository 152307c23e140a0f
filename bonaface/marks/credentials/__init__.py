"""C2PA credentials: `files` signs files and reads them, `manifest` says what is stated."""
