"""Stands for your workflow tests."""

import os
import socket


def test_temporal_accepts_connections(temporal):
    assert os.environ["TEMPORAL_ADDRESS"] == temporal
    host, port = temporal.split(":")
    socket.create_connection((host, int(port)), timeout=10).close()
