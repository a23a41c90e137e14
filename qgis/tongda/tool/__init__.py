"""What knows the program tongda and its files, and nothing of QGIS: plain Python, tested without QGIS."""
