"""The playground: networks that train in the page, before the reader's eyes."""
