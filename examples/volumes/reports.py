# SPDX-License-Identifier: Apache-2.0
"""The reports: a Flask application, mounted beside the WebOb handlers."""

import flask

application = flask.Flask(__name__)
# A bug here leaves Flask as it is, for the layer that answers all bugs.
application.config['PROPAGATE_EXCEPTIONS'] = True


@application.get('/v3/<project_id>/reports/<name>')
def report(project_id, name):
    if name != 'usage':
        flask.abort(404, f'There is no report {name}.')
    row = flask.request.environ['volumes.store'].usage(project_id)
    return {'usage': dict(row)}
