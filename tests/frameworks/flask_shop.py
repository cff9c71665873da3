# SPDX-License-Identifier: Apache-2.0
"""A shop in Flask, with every error it can make."""

import flask
from one_shape import SECRET, TEXT
from werkzeug import exceptions
from werkzeug.datastructures import WWWAuthenticate


class SoldOut(exceptions.HTTPException):
    """An error of the shop's own, with a status of no class in werkzeug."""

    code = 420
    description = TEXT


class Unpaid(Exception):
    """Answered by an errorhandler."""


def make_app(**config):
    """Return the application."""
    app = flask.Flask('shop', static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=100, SECRET_KEY=SECRET, **config)

    @app.get('/abort/<int:status>')
    def abort(status):
        flask.abort(status)

    @app.get('/say/<int:status>')
    def say(status):
        flask.abort(status, description=TEXT)

    @app.get('/sold_out')
    def sold_out():
        raise SoldOut

    @app.get('/who')
    def who():
        challenges = [
            WWWAuthenticate('basic', {'realm': 'shop'}),
            WWWAuthenticate('bearer', {'realm': 'shop', 'scope': 'buy'}),
        ]
        flask.abort(401, TEXT, www_authenticate=challenges)

    @app.get('/slow_down')
    def slow_down():
        raise exceptions.TooManyRequests(TEXT, retry_after=30)

    @app.get('/away')
    def away():
        raise exceptions.ServiceUnavailable(TEXT, retry_after=120)

    @app.get('/range')
    def out_of_range():
        raise exceptions.RequestedRangeNotSatisfiable(47, 'bytes', TEXT)

    @app.post('/order')
    def order():
        return flask.request.get_data()

    @app.post('/json')
    def read_json():
        return flask.request.get_json()

    @app.post('/form')
    def form():
        return flask.request.form['cake']

    @app.get('/slash/')
    def slash():
        return 'Here.'

    @app.errorhandler(Unpaid)
    def unpaid(exc):
        return {'message': TEXT, 'code': 'shop.unpaid'}, 402

    @app.get('/unpaid')
    def pay():
        raise Unpaid(SECRET)

    @app.get('/restful')
    def restful():
        # As Flask-RESTful's reqparse answers.
        errors = {'name': 'Missing.', 'size': TEXT}
        return flask.jsonify(message=errors), 400

    @app.get('/text')
    def text():
        return TEXT, 409, {'Content-Type': 'text/plain; charset=utf-8'}

    @app.get('/nothing')
    def nothing():
        return '', 404

    @app.get('/made')
    def made():
        response = flask.make_response(
            flask.render_template_string('<p>{{ text }}</p>', text=TEXT), 410
        )
        response.set_cookie('seen', 'yes')
        response.set_cookie('basket', 'empty')
        response.headers['Cache-Control'] = 'max-age=60'
        response.set_etag('abc')
        return response

    @app.get('/bug')
    def bug():
        raise ValueError(SECRET)

    @app.get('/dies/<int:status>/<int:chunks>')
    def dies(status, chunks):
        def body():
            for _ in range(chunks):
                yield 'cake '
            raise ValueError(SECRET)

        return flask.Response(
            flask.stream_with_context(body()),
            status,
            content_type='text/plain',
        )

    @app.get('/streamed')
    def streamed():
        return flask.Response(iter(TEXT), 409, mimetype='text/plain')

    @app.get('/latin')
    def latin():
        return flask.Response(
            'Grüße <an> alle'.encode('latin-1'),
            404,
            content_type='text/plain; charset=iso-8859-1',
        )

    @app.get('/leaky')
    def leaky():
        frames = [f'File "{SECRET}.py", line 1, in buy']
        answer = {
            'result': 'No cake.',
            'user': {'name': 'ada', 'auth_token': SECRET},
            'exception': SECRET,
            'traceback': frames,
        }
        return flask.jsonify(answer), 500

    @app.get('/ready')
    def ready():
        answer = {'error': {'message': TEXT, 'type': 'gone'}}
        flask.abort(flask.make_response(answer, 410))

    return app


def make_json_app():
    """Return the application, whose errors are all JSON.

    As Flask's documentation shows it, under "Generic Exception Handlers".
    """
    app = make_app()

    @app.errorhandler(exceptions.HTTPException)
    def as_json(exc):
        response = exc.get_response()
        response.data = flask.json.dumps(
            {
                'code': exc.code,
                'name': exc.name,
                'description': exc.description,
            }
        )
        response.content_type = 'application/json'
        return response

    return app


def app_factory(global_conf, **local_conf):
    """Return the application to PasteDeploy."""
    return make_app()
