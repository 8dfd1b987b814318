"""Readers of other systems' formats. Each yields neutral items and never stops at a bad one."""
