# SPDX-License-Identifier: Apache-2.0
"""Errors made of hostile pieces of text, and how they can be encoded."""

import dataclasses

from hypothesis import strategies as st

from errorkit import Error


def texts_of(pieces):
    """Return a strategy for texts that are made of such pieces, too."""
    parts = st.sampled_from(pieces) | st.text(max_size=4)
    return st.lists(parts, max_size=6).map(''.join)


def errors_of(texts):
    """Return a strategy for errors that are made of such texts."""
    # A member without a value has no place on a page, and no line.
    named = st.none() | texts.filter(bool)
    return st.builds(
        Error,
        st.integers(400, 599),
        texts,
        texts,
        code=named,
        request_id=named,
        links=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
        source=st.none()
        | st.dictionaries(texts, texts, min_size=1, max_size=2),
        retry=named,
        max_version=named,
        min_version=named,
        trace_id=named,
    )


def shown(value):
    """Return a text as it can be encoded."""
    return value.encode('utf-8', 'backslashreplace').decode('utf-8')


def as_shown(error):
    """Return an error all of whose texts can be encoded."""
    changed = {
        field.name: shown(getattr(error, field.name))
        for field in dataclasses.fields(error)
        if isinstance(getattr(error, field.name), str)
    }
    if error.source:
        source = error.source.items()
        changed['source'] = {shown(key): shown(to) for key, to in source}
    links = tuple((shown(rel), shown(href)) for rel, href in error.links)
    return dataclasses.replace(error, links=links, **changed)
