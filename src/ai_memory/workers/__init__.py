"""Loops with an owner: each wakes, runs commands through the node like any caller, and sleeps.

A worker holds no rule. What it does in one turn is a method that a test calls with its own clock.
"""
