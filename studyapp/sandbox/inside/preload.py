"""Imported by the template so that no run has to: what programs about concurrency use."""

import asyncio.subprocess
import collections
import concurrent.futures.process
import concurrent.futures.thread
import contextvars
import dataclasses
import functools
import hashlib
import heapq
import http.client
import inspect
import itertools
import json
import logging
import multiprocessing.pool
import multiprocessing.shared_memory
import pathlib
import queue
import random
import ssl
import subprocess
import tempfile
import threading
import time
import traceback
import typing
import urllib.request

import aiohttp.web

from .practice import server

__all__ = [
    "aiohttp",
    "asyncio",
    "collections",
    "concurrent",
    "contextvars",
    "dataclasses",
    "functools",
    "hashlib",
    "heapq",
    "http",
    "inspect",
    "itertools",
    "json",
    "logging",
    "multiprocessing",
    "pathlib",
    "queue",
    "random",
    "server",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "traceback",
    "typing",
    "urllib",
]
