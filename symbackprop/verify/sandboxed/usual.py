"""The modules that people's code imports, loaded once for all runs; other modules of the standard library load when asked for."""
# ruff: noqa: F401

from __future__ import annotations

import abc
import cmath
import collections
import contextlib
import copy
import dataclasses
import datetime
import enum
import functools
import itertools
import json
import math
import numbers
import operator
import random
import re
import string
import time
import timeit
import traceback
import typing
import warnings

import numpy as np
import numpy.fft
import numpy.linalg
import numpy.ma
import numpy.random
