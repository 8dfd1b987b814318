"""Telling others over HTTP, by the conventions of Standard Webhooks."""
