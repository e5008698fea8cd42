"""How the loss of small GPTs falls with their size and with the text that they read."""
