"""Four kinds of network on the same pictures at equal compute; boxes and masks on canvases."""
