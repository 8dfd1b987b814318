"""Steering a release over HTTP: beside the contracts, and in none of them.

It keeps working whichever of them is served, and speaks as contract v2 does: the same problems,
the same way to be strict, the same headers.
"""
