"""Tests of whole processes: many on one file, killed ones, two faces side by side."""
