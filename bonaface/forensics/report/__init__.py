"""What people and programs are told. report: start there. page: the same as one HTML file."""
