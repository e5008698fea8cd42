"""What DP-SGD costs and prevents on small data, with attackers."""
