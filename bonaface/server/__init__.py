"""The server: sessions over HTTP and WebRTC. Start at app.py; routes/ holds one file a noun."""
