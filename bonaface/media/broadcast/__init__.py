"""One live session for many: HLS, RTMP, signed recordings, and the face as a webcam."""
