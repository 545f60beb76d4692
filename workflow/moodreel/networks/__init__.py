"""The networks: where they come from, their conversion to ONNX, and sessions that run them."""
