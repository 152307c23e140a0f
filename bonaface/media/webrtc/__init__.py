"""Calls with browsers and broadcasters: sound and pictures both ways, in real time (WebRTC)."""
