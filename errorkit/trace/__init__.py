# SPDX-License-Identifier: Apache-2.0
"""From an id to the whole story: log files become a tree of requests.

Offline, and apart from all that serves requests. What is read::

    files       plain, packed, folders, standard input
    find        the records that belong to an id, of very many: kin says
                which, scan looks through a part, workers spread the parts
                over processes
    lines       a line of a known log format becomes a Record
    opensearch  the same, asked of a search engine

What is shown::

    graph       records become a tree of requests: grouping puts them
                together, parents says who called whom, clocks how far hosts
                are apart, outcome what failed
    failures    which requests failed; listing shows them
    text, html, dot, as_json
                the tree, shown; safe makes a log's text fit to be seen
    command     ``errorkit trace``; arguments are what it is told, output
                and progress its terminal
"""
