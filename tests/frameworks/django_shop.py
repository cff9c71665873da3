# SPDX-License-Identifier: Apache-2.0
"""A shop in Django and its REST framework, with every error it can make.

Django is configured once in a process, so this is the one site of all tests.
"""

import django
from django import http
from django.conf import settings
from django.core import exceptions
from django.core.wsgi import get_wsgi_application
from django.urls import path
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from one_shape import SECRET, TEXT

settings.configure(
    DEBUG=False,
    SECRET_KEY=SECRET,
    SHOP_MOTTO=SECRET,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=['127.0.0.1'],
    INSTALLED_APPS=['rest_framework'],
    DATA_UPLOAD_MAX_MEMORY_SIZE=100,
    DATA_UPLOAD_MAX_NUMBER_FIELDS=3,
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        'django.middleware.security.SecurityMiddleware',
        'django.middleware.common.CommonMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
        'django.middleware.clickjacking.XFrameOptionsMiddleware',
    ],
    TEMPLATES=[
        {
            'BACKEND': 'django.template.backends.django.DjangoTemplates',
            'APP_DIRS': True,
        }
    ],
    REST_FRAMEWORK={
        'DEFAULT_AUTHENTICATION_CLASSES': [],
        'UNAUTHENTICATED_USER': None,
        'DEFAULT_RENDERER_CLASSES': ['rest_framework.renderers.JSONRenderer'],
        'DEFAULT_PARSER_CLASSES': ['rest_framework.parsers.JSONParser'],
    },
)
django.setup()


def missing(request):
    """Raise a 404, whose text Django tells under DEBUG alone."""
    raise http.Http404(TEXT + SECRET)


def forbidden(request):
    """Raise a 403, whose text Django does not tell."""
    raise exceptions.PermissionDenied(SECRET)


def suspicious(request):
    """Raise a 400, whose text is for the log."""
    raise exceptions.SuspiciousOperation(SECRET)


def bad(request):
    """Raise a 400, whose text Django does not tell."""
    raise exceptions.BadRequest(SECRET)


def bug(request):
    """Fail with a secret in a local variable, in SQL and in the text."""
    statement = f"SELECT * FROM users WHERE token = '{SECRET}'"
    raise ValueError(statement)


@require_POST
@csrf_exempt
def form(request):
    """Read a form."""
    return http.HttpResponse(request.POST.get('cake', ''))


@require_POST
def guarded(request):
    """Want the token of CSRF."""
    return http.HttpResponse()


RESPONSES = {
    'as_page': lambda: http.HttpResponseForbidden(
        f'<html><body><p>{escape(TEXT)}</p></body></html>'.replace(
            '\n', '<br>'
        )
    ),
    'as_text': lambda: http.HttpResponseBadRequest(
        TEXT, content_type='text/plain; charset=utf-8'
    ),
    'as_json': lambda: http.JsonResponse(
        {'message': TEXT, 'code': 'shop.full'}, status=409
    ),
    'as_list': lambda: http.JsonResponse(
        ['First.', TEXT], safe=False, status=422
    ),
    'streamed': lambda: http.StreamingHttpResponse(
        iter(TEXT), status=410, content_type='text/plain; charset=utf-8'
    ),
    'not_allowed': lambda: http.HttpResponseNotAllowed(['PUT', 'DELETE']),
    'empty': lambda: http.HttpResponse(status=418),
    'gone': lambda: http.HttpResponseGone('The cake is gone,\nfor ever.'),
    'long': lambda: http.HttpResponseGone(
        ' '.join([TEXT] * 10), content_type='text/plain; charset=utf-8'
    ),
    'own_reason': lambda: http.HttpResponse(
        'Wait.', status=503, reason='Closed', headers={'Retry-After': '9'}
    ),
    'kept': lambda: _kept(),
    'dies': lambda: http.StreamingHttpResponse(_dying(), status=404),
    'not_modified': http.HttpResponseNotModified,
    'moved': lambda: http.HttpResponseRedirect('/elsewhere'),
}


def _kept():
    response = http.HttpResponse('Who?', status=401)
    response.headers['WWW-Authenticate'] = 'Basic realm="shop"'
    response.headers['Cache-Control'] = 'max-age=60'
    response.headers['Vary'] = 'Cookie'
    response.set_cookie('basket', 'empty')
    response.set_cookie('seen', 'yes')
    return response


def _dying():
    yield b'cake '
    raise ValueError(SECRET)


def respond(request, name):
    """Return one of the responses."""
    return RESPONSES[name]()


def own_page(request, exception=None):
    """Return the shop's own page, for any status."""
    status = {
        http.Http404: 404,
        exceptions.PermissionDenied: 403,
    }.get(type(exception), 400 if exception else 500)
    return http.HttpResponse(
        f'<title>The shop</title><h1>Sorry.</h1>{escape(TEXT)}'.replace(
            '\n', '<br>'
        ),
        status=status,
    )


import rest_views  # noqa: E402  -- Django has to be configured before

urlpatterns = [
    path('missing', missing),
    path('forbidden', forbidden),
    path('suspicious', suspicious),
    path('bad', bad),
    path('bug', bug),
    path('form', form),
    path('guarded', guarded),
    path('slash/', respond),
    path('respond/<name>', respond),
    *rest_views.urlpatterns,
]

make_app = get_wsgi_application


def app_factory(global_conf, **local_conf):
    """Return the application to PasteDeploy."""
    return make_app()
