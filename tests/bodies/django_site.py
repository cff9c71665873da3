# SPDX-License-Identifier: Apache-2.0
"""Prints what a Django site answers: JSON, path to status, type and body.

A program of its own, because Django can be configured once in a process only.
Its argument is 1 for ``DEBUG = True``.
"""

import io
import json
import logging
import sys
from wsgiref.util import setup_testing_defaults

import django
from django import http, urls
from django.conf import settings
from django.core import exceptions
from django.core.wsgi import get_wsgi_application

PLANTED = 'planted-4711'

logging.disable(logging.CRITICAL)
settings.configure(
    DEBUG=sys.argv[1] == '1',
    SECRET_KEY=PLANTED,
    SITE_MOTTO=PLANTED,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=['localhost'],
    INSTALLED_APPS=['rest_framework'],
    MIDDLEWARE=[
        'django.middleware.common.CommonMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
    ],
    TEMPLATES=[{
        'BACKEND': 'django.template.backends.django.DjangoTemplates',
        'APP_DIRS': True,
    }],
    REST_FRAMEWORK={
        'DEFAULT_AUTHENTICATION_CLASSES': [],
        'UNAUTHENTICATED_USER': None,
        'DEFAULT_RENDERER_CLASSES': [
            'rest_framework.renderers.JSONRenderer'],
    })
django.setup()

from rest_framework import exceptions as rest_exceptions  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402


class Disk(serializers.Serializer):
    size = serializers.IntegerField(min_value=1)


class Volume(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    password = serializers.CharField()
    tags = serializers.ListField(child=serializers.IntegerField())
    disks = Disk(many=True)


class Strict(serializers.Serializer):
    def validate(self, attrs):
        raise serializers.ValidationError('The whole is wrong.')


@api_view(['GET'])
def invalid(request):
    """Return what a serializer complains of."""
    Volume(data={'name': 'too long', 'tags': [1, 'x'],
                 'disks': [{'size': 1}, {'size': 0}]}).is_valid(
                     raise_exception=True)


@api_view(['GET'])
def invalid_whole(request):
    """Return what a serializer says of the whole."""
    Strict(data={}).is_valid(raise_exception=True)


@api_view(['GET'])
def rest_missing(request):
    """Return a 404 of the REST framework."""
    raise rest_exceptions.NotFound('No volume <cake>.')


@api_view(['GET'])
def rest_list(request):
    """Return a list of texts."""
    raise rest_exceptions.ValidationError(['One.', 'Two.'])


def forbidden(request):
    """Return Django's own page."""
    raise exceptions.PermissionDenied(PLANTED)


def suspicious(request):
    """Return a 400, whose text is for the log."""
    raise exceptions.SuspiciousOperation(PLANTED)


def missing(request):
    """Return a 404; under DEBUG its text is in a page of its own."""
    raise http.Http404(PLANTED)


def bug(request):
    """Fail with a secret in a local variable, in SQL and in the text."""
    statement = f"SELECT * FROM users WHERE token = '{PLANTED}'"
    raise ValueError(statement)


def gone(request):
    """Return a text that calls itself HTML."""
    return http.HttpResponseGone('The volume <cake> is gone,\nfor ever.')


def posted(request):
    """Return nothing; a POST is refused before."""
    return http.HttpResponse()


VIEWS = {
    'bug': bug, 'forbidden': forbidden, 'gone': gone, 'invalid': invalid,
    'invalid_whole': invalid_whole, 'missing': missing, 'posted': posted,
    'rest_list': rest_list, 'rest_missing': rest_missing,
    'suspicious': suspicious,
}
urlpatterns = [urls.path(name, view) for name, view in VIEWS.items()]


def ask(application, path, **more):
    """Return the status, the type and the body of an answer."""
    environ = {'PATH_INFO': path, 'HTTP_HOST': 'localhost', **more}
    setup_testing_defaults(environ)
    environ['wsgi.errors'] = io.StringIO()
    started = []
    chunks = application(
        environ, lambda status, headers, exc_info=None: started.append(
            (status, dict(headers))))
    body = b''.join(chunks)
    chunks.close()
    status, headers = started[-1]
    return (int(status[:3]), headers.get('Content-Type', ''),
            body.decode('utf-8'))


if __name__ == '__main__':
    site = get_wsgi_application()
    answers = {name: ask(site, f'/{name}') for name in VIEWS}
    answers['no_such_page'] = ask(site, '/no_such_page')
    answers['csrf'] = ask(site, '/posted', REQUEST_METHOD='POST')
    answers['bad_host'] = ask(site, '/posted', HTTP_HOST='elsewhere')
    answers['bug_as_text'] = ask(site, '/bug', HTTP_ACCEPT='text/plain')
    json.dump(answers, sys.stdout)
