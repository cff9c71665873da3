# SPDX-License-Identifier: Apache-2.0
"""The reports: a Flask application, mounted beside the WebOb handlers.

Its errors are Flask's own, and a client sees no difference here either.
"""

import flask

application = flask.Flask(__name__)
# A bug here leaves Flask as it is, for the layer that answers all bugs.
application.config['PROPAGATE_EXCEPTIONS'] = True


@application.get('/v3/<project_id>/reports/<name>')
def report(project_id, name):
    if name != 'usage':
        flask.abort(404, f'There is no report {name}.')
    if flask.request.args:
        flask.abort(400, f'The report {name} takes no parameters.')
    row = flask.request.environ['volumes.store'].usage(project_id)
    return {'usage': dict(row)}
