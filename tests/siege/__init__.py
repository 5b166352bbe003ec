"""Campaigns against the store: kills, sick disks, replaced files; `make siege` runs them all."""
