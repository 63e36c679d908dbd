"""The live stream: what readers see move. See docs/edge.md."""
