# SPDX-License-Identifier: Apache-2.0
"""The views in Django's REST framework, each with an error of its own."""

from django.urls import path
from one_shape import SECRET, TEXT
from rest_framework import (
    authentication,
    exceptions,
    permissions,
    renderers,
    serializers,
    status,
    views,
)


class Disk(serializers.Serializer):
    """An inner form."""

    size = serializers.IntegerField(min_value=1)


class Volume(serializers.Serializer):
    """A form with lists and forms in it."""

    name = serializers.CharField(max_length=3)
    tags = serializers.ListField(child=serializers.IntegerField())
    disks = Disk(many=True)


class Strict(serializers.Serializer):
    """A form that is wrong as a whole."""

    def validate(self, attrs):
        """Refuse it."""
        raise serializers.ValidationError(TEXT)


class SoldOut(exceptions.APIException):
    """An error of the shop's own."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = TEXT
    default_code = 'sold_out'


class Basic(authentication.BaseAuthentication):
    """Nobody is authenticated, and told how to be."""

    def authenticate(self, request):
        """Refuse a wrong password, and know nobody."""
        if 'wrong' in request.META.get('HTTP_AUTHORIZATION', ''):
            raise exceptions.AuthenticationFailed(TEXT)

    def authenticate_header(self, request):
        """Return the challenge."""
        return 'Basic realm="shop"'


def _bug():
    raise ValueError(SECRET)


def _nested():
    Volume(
        data={
            'name': 'too long',
            'tags': [1, 'x'],
            'disks': [{'size': 1}, {'size': 0}],
        }
    ).is_valid(raise_exception=True)


def _throw(error):
    raise error


RAISING = {
    'nested': _nested,
    'whole': lambda: Strict(data={}).is_valid(raise_exception=True),
    'list': lambda: _throw(exceptions.ValidationError(['One.', TEXT])),
    'text': lambda: _throw(exceptions.ValidationError(TEXT)),
    'fields': lambda: _throw(exceptions.ValidationError({'name': TEXT})),
    'missing': lambda: _throw(exceptions.NotFound(TEXT)),
    'denied': lambda: _throw(exceptions.PermissionDenied(TEXT)),
    'throttled': lambda: _throw(exceptions.Throttled(wait=30, detail=TEXT)),
    'unspecific': lambda: _throw(exceptions.APIException()),
    'sold_out': lambda: _throw(SoldOut()),
    'bug': _bug,
}


class Raising(views.APIView):
    """Raises what its path names."""

    def get(self, request, name):
        """Raise it."""
        RAISING[name]()

    def post(self, request, name):
        """Have the body parsed."""
        return views.Response(request.data)


class Private(Raising):
    """For those who are authenticated."""

    authentication_classes = (Basic,)
    permission_classes = (permissions.IsAuthenticated,)


class Browsable(Raising):
    """Shows browsers a page with forms."""

    renderer_classes = (
        renderers.JSONRenderer,
        renderers.BrowsableAPIRenderer,
    )


urlpatterns = [
    path('rest/<name>', Raising.as_view()),
    path('private/<name>', Private.as_view()),
    path('browsable/<name>', Browsable.as_view()),
]
