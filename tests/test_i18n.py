# SPDX-License-Identifier: Apache-2.0
"""Languages: lazy messages of a service, and errorkit's own texts."""

import configparser
import logging
import pathlib
import pickle
import re

import oslo_i18n
import pytest
import webob.dec
import webob.exc
from assertions import ID_HEADER, ask, assert_error
from babel.messages import Catalog as Messages
from babel.messages import extract, mofile, pofile

import errorkit
from errorkit._i18n import Derived, Text, translate
from errorkit.error import explanation_of, title_of
from errorkit.help_pages import HelpPages

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / 'errorkit'
LOCALE = PACKAGE / 'locale'
LANGUAGES = ['de', 'fr']
DOMAIN = 'errorkit_test_shop'
ENGLISH = 'The shelf %(name)s is full.'
TEXTS = {
    'de': 'Das Regal %(name)s ist voll.',
    'pt_BR': 'A prateleira %(name)s está cheia.',
}
SHOWN = {
    'en': 'The shelf seven is full.',
    'de': 'Das Regal seven ist voll.',
    'pt-BR': 'A prateleira seven está cheia.',
}
FULL = {'comment': 'volume.full'}


def stack(application, **options):
    return errorkit.wrap(application, service_type='volume', **options)


def raises(make):
    def application(environ, start_response):
        raise make()

    return application


def at(application, **changes):
    """Return an application that is asked for something else."""

    def changed(environ, start_response):
        environ.update(changes)
        return application(environ, start_response)

    return changed


def asked(application, language=None, **headers):
    if language is not None:
        headers['Accept-Language'] = language
    return ask(application, headers=headers)


# -- lazy messages of the service


@pytest.fixture(name='lazy')
def _lazy(tmp_path_factory, monkeypatch):
    """Return a function that makes a lazy message, translated as above."""
    folder = tmp_path_factory.mktemp('locale')
    for language, text in TEXTS.items():
        path = folder / language / 'LC_MESSAGES' / f'{DOMAIN}.mo'
        path.parent.mkdir(parents=True)
        messages = Messages(locale=language, charset='utf-8')
        messages.add(ENGLISH, text)
        with path.open('wb') as file:
            mofile.write_mo(file, messages)
    monkeypatch.setenv(f'{DOMAIN.upper()}_LOCALEDIR', str(folder))
    oslo_i18n.enable_lazy()
    factory = oslo_i18n.TranslatorFactory(domain=DOMAIN)
    yield lambda name='seven': factory.primary(ENGLISH) % {'name': name}
    oslo_i18n.enable_lazy(False)


ACCEPTED = [
    (None, 'en'),
    ('', 'en'),
    ('de', 'de'),
    ('DE', 'de'),
    ('de-AT', 'de'),
    ('de-CH-1996', 'de'),
    ('pt-BR', 'pt-BR'),
    ('pt-br', 'pt-BR'),
    ('en', 'en'),
    ('en-GB, de;q=0.5', 'en'),
    ('de;q=0.5, pt-BR;q=0.9', 'pt-BR'),
    ('fi, de;q=0.3', 'de'),
    ('fi', 'en'),
    ('*', 'en'),
    ('de;q=0', 'en'),
    ('de;q=0, pt-BR', 'pt-BR'),
    ('de;q=high', 'en'),
    ('de;q=7', 'en'),
    (';;,,==', 'en'),
    ('\xff\x00', 'en'),
    ('de, ' * 50_000, 'en'),
]


@pytest.mark.parametrize(
    ('accepted', 'language'),
    ACCEPTED,
    ids=[str(accepted)[:25] for accepted, _ in ACCEPTED],
)
@pytest.mark.parametrize('kind', ['raised', 'handler'])
def test_a_lazy_detail_comes_in_the_readers_language(
    lazy, accepted, language, kind
):
    def make():
        return webob.exc.HTTPConflict(lazy(), **FULL)

    application = raises(make)
    if kind == 'handler':
        application = errorkit.wsgify(lambda request: make())
    reply = asked(stack(application), accepted)
    assert_error(
        reply,
        status=409,
        code='volume.full',
        title='Conflict',
        detail=SHOWN[language],
    )
    # The catalog of de may be offered as that of de-AT.
    assert reply.one('Content-Language')[:2] == language[:2]
    assert 'accept-language' in reply.vary()
    assert reply.status == '409 Conflict'


def test_code_and_status_are_the_same_in_every_language(lazy):
    wrapped = stack(raises(lambda: webob.exc.HTTPConflict(lazy(), **FULL)))
    found = [
        assert_error(asked(wrapped, tag), status=409, code='volume.full')
        for tag in ('en', 'de', 'pt-BR')
    ]
    assert len({error['detail'] for error in found}) == 3
    for name in ('code', 'status', 'title'):
        assert len({error[name] for error in found}) == 1


def test_an_error_that_is_not_lazy_says_nothing_of_languages():
    wrapped = stack(raises(lambda: webob.exc.HTTPConflict('full', **FULL)))
    reply = asked(wrapped, 'de')
    assert_error(reply, status=409, code='volume.full', detail='full')
    assert 'Content-Language' not in reply.headers
    assert 'accept-language' not in reply.vary()


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
def test_the_pages_come_in_the_readers_language_too(lazy, kind):
    wrapped = stack(raises(lambda: webob.exc.HTTPConflict(lazy(), **FULL)))
    reply = asked(wrapped, 'pt-BR', Accept=kind)
    assert_error(
        reply,
        status=409,
        code='volume.full',
        detail=SHOWN['pt-BR'],
        kind=kind,
    )
    assert reply.one('Content-Language') == 'pt-BR'
    if kind == 'text/html':
        assert '<html lang="pt-BR">' in reply.text


def test_values_in_a_lazy_text_are_kept_as_they_are(lazy):
    name = '<b> & "ä" %(name)s %d'
    wrapped = stack(raises(lambda: webob.exc.HTTPConflict(lazy(name), **FULL)))
    assert_error(
        asked(wrapped, 'de'),
        status=409,
        code='volume.full',
        detail=f'Das Regal {name} ist voll.',
    )


def test_every_one_of_several_errors_is_translated(lazy):
    def make():
        return errorkit.MultiError(
            [
                webob.exc.HTTPConflict('plain', **FULL),
                webob.exc.HTTPConflict(lazy(), **FULL),
                errorkit.Error(400, 'T', lazy('eight')),
            ]
        )

    reply = asked(stack(raises(make)), 'de')
    assert_error(reply, status=409, code='volume.full', count=3)
    assert [error['detail'] for error in reply.json['errors']] == [
        'plain',
        SHOWN['de'],
        'Das Regal eight ist voll.',
    ]
    assert reply.one('Content-Language') == 'de'


def test_the_same_object_is_read_in_two_languages(lazy):
    error = webob.exc.HTTPConflict(lazy(), **FULL)
    wrapped = stack(raises(lambda: error))
    for tag in ('de', 'en', 'de'):
        assert_error(
            asked(wrapped, tag),
            status=409,
            code='volume.full',
            detail=SHOWN[tag],
        )


def test_a_lazy_detail_in_webobs_own_wsgify_has_the_services_language(lazy):
    # webob makes a text of it before anybody else can see it.
    @webob.dec.wsgify
    def application(request):
        raise webob.exc.HTTPConflict(lazy(), **FULL)

    reply = asked(stack(application), 'de')
    assert_error(reply, status=409, code='volume.full', detail=SHOWN['en'])


def test_the_log_stays_in_the_services_language(lazy, caplog):
    caplog.set_level(logging.DEBUG)

    def make():
        return webob.exc.HTTPServiceUnavailable(lazy(), **FULL)

    reply = asked(stack(raises(make)), 'de')
    assert_error(reply, status=503, code='volume.full', detail=SHOWN['de'])
    assert 'Regal' not in caplog.text


def test_detail_style_webob_has_a_lazy_text_too(lazy):
    wrapped = stack(
        raises(lambda: webob.exc.HTTPConflict(lazy(), **FULL)),
        detail_style='webob',
    )
    reply = asked(wrapped, 'de')
    error = assert_error(reply, status=409, code='volume.full')
    assert SHOWN['de'] in error['detail']
    assert reply.one('Content-Language') == 'de'


# -- errorkit's own texts


def own_errors():
    """Return a request for each of errorkit's own texts, and its answer."""
    wrapped, lenient = (
        stack(
            raises(lambda: RuntimeError('no flour')),
            versions='3.0-3.70',
            on_invalid='reject',
            strict=strict,
        )
        for strict in (True, False)
    )
    version = 'OpenStack-API-Version'
    pages = HelpPages(errorkit.Catalog('volume'))
    written = stack(at(pages, REQUEST_METHOD='POST'))
    unknown = stack(at(pages, PATH_INFO='/volume.no_such'))
    return [
        (asked_of, headers, status, f'volume.{code}')
        for asked_of, headers, status, code in (
            (wrapped, {}, 500, 'undefined_code'),
            (wrapped, {ID_HEADER: 'mine'}, 400, 'request_id.invalid'),
            (lenient, {ID_HEADER: 'mine'}, 400, 'request_id.invalid'),
            (wrapped, {version: 'volume x'}, 400, 'microversion.invalid'),
            (wrapped, {version: 'volume 4.0'}, 406,
             'microversion.unsupported'),
            (written, {}, 405, 'undefined_code'),
            (unknown, {}, 404, 'undefined_code'),
        )
    ]


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('number', range(7))
def test_errorkits_own_texts_come_in_the_readers_language(language, number):
    wrapped, headers, status, code = own_errors()[number]
    english = assert_error(
        asked(wrapped, 'en', **headers), status=status, code=code
    )
    reply = asked(wrapped, language, **headers)
    error = assert_error(reply, status=status, code=code)
    assert reply.one('Content-Language') == language
    assert 'accept-language' in reply.vary()
    assert error['detail'] != english['detail']
    assert '%(' not in error['detail']
    assert error['title'] == english['title']
    # The same versions and headers are in it.
    names = re.compile(r'\d\.\d+|[A-Z]\w+-[A-Z]\w+-[\w-]+|latest')
    assert sorted(names.findall(error['detail'])) == sorted(
        names.findall(english['detail'])
    )


EXPLAINED = [405, 406, 415, 501]


def unexplained(status):
    """Return an error of another layer, which gave it no text."""

    def application(environ, start_response):
        start_response(f'{status} {title_of(status)}', [])
        return []

    return application


def known(status):
    """Return an application that raises an exception of its own."""
    return raises(LookupError), {'exceptions': {LookupError: status}}


WITHOUT_A_TEXT = {
    'answered': lambda status: (unexplained(status), {}),
    'of its own': known,
    'an error': lambda status: (
        raises(lambda: errorkit.MultiError([errorkit.Error(status, '', '')])),
        {},
    ),
}


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('way', WITHOUT_A_TEXT)
@pytest.mark.parametrize('status', EXPLAINED)
def test_an_error_without_a_text_is_explained_in_the_readers_language(
    status, way, language
):
    application, options = WITHOUT_A_TEXT[way](status)
    wrapped = stack(application, **options)
    code = 'volume.undefined_code'
    for asked_for in (None, 'en', 'fi'):
        reply = asked(wrapped, asked_for)
        english = assert_error(
            reply, status=status, code=code, detail=explanation_of(status)
        )
    reply = asked(wrapped, language)
    assert reply.one('Content-Language') == language
    assert 'accept-language' in reply.vary()
    told = assert_error(reply, status=status, code=code)
    assert told['detail'] == translate(explanation_of(status), language)
    assert told['detail'] != english['detail']
    assert told['title'] == english['title']


def test_an_explanation_of_webobs_is_in_english():
    reply = asked(stack(unexplained(404)), 'de')
    assert_error(
        reply,
        status=404,
        code='volume.undefined_code',
        detail=webob.exc.HTTPNotFound.explanation,
    )
    assert 'Content-Language' not in reply.headers


def test_there_are_as_many_of_them_as_this_file_asks_for():
    # Those of validation, messages and actions have tests of their own.
    elsewhere = extracted(PACKAGE / 'outcomes')
    elsewhere |= extracted(PACKAGE / 'validation')
    explained = {str(explanation_of(status)) for status in EXPLAINED}
    assert explained <= extracted()
    assert len(own_errors()) == len(extracted() - elsewhere - explained)


def test_a_text_is_a_str_in_english_and_survives_pickling():
    text = Text('The oldest is %(oldest)s.', oldest='3.0')
    assert text == 'The oldest is 3.0.'
    again = pickle.loads(pickle.dumps(text))
    assert again == text
    assert (again.msgid, again.values) == (text.msgid, text.values)


def test_a_text_made_of_one_pickles_and_is_english_then():
    made = Derived(Text('The value is too long.'), str.upper)
    assert translate(made, 'de') == 'DER WERT IST ZU LANG.'
    again = pickle.loads(pickle.dumps(made))
    assert again == 'THE VALUE IS TOO LONG.'
    assert translate(again, 'de') == again


def test_sentences_with_the_same_english_are_translated_each_by_itself():
    one = Text('%(what)s %(id)s could not be found.', what='Message', id='x')
    other = Text('Message %(id)s could not be found.', id='x')
    assert one == other
    assert translate(one, 'de') == 'Message x wurde nicht gefunden.'
    assert translate(other, 'de') == 'Die Nachricht x wurde nicht gefunden.'


# -- the catalogs


def extracted(folder=PACKAGE):
    """Return the texts that are marked with ``_()`` below a folder."""
    found = extract.extract_from_dir(folder, keywords={'_': None})
    return {message for _, _, message, _, _ in found}


def read(path):
    with path.open('rb') as file:
        return pofile.read_po(file)


def translated(language):
    return read(LOCALE / language / 'LC_MESSAGES' / 'errorkit.po')


def texts(messages):
    return {message.id: message.string for message in messages if message.id}


def test_every_text_of_the_package_is_in_the_template():
    assert extracted()
    assert set(texts(read(LOCALE / 'errorkit.pot'))) == extracted()


@pytest.mark.parametrize('language', LANGUAGES)
def test_every_text_is_translated(language):
    messages = translated(language)
    assert str(messages.locale) == language
    assert set(texts(messages)) == extracted()
    for message in messages:
        if message.id:
            assert message.string
            assert message.string != message.id
            assert not message.fuzzy
    assert not messages.obsolete


@pytest.mark.parametrize('language', LANGUAGES)
def test_placeholders_and_marks_agree(language):
    placeholder = re.compile(r'%(?:\(\w+\))?.')
    for msgid, text in texts(translated(language)).items():
        assert sorted(placeholder.findall(text)) == sorted(
            placeholder.findall(msgid)
        )
        assert (text[-1] == '.') == (msgid[-1] == '.')
        assert text.strip() == text


@pytest.mark.parametrize('language', LANGUAGES)
def test_the_compiled_catalog_is_that_of_the_texts(language):
    path = LOCALE / language / 'LC_MESSAGES' / 'errorkit.mo'
    with path.open('rb') as file:
        compiled = texts(mofile.read_mo(file))
    assert compiled == texts(translated(language))


def test_the_two_languages_differ():
    german, french = (texts(translated(language)) for language in LANGUAGES)
    assert not set(german.values()) & set(french.values())


def test_there_is_nothing_else_in_the_folder():
    found = {
        path.relative_to(LOCALE).as_posix()
        for path in LOCALE.rglob('*')
        if path.is_file()
    }
    assert found == {'errorkit.pot'} | {
        f'{language}/LC_MESSAGES/errorkit.{suffix}'
        for language in LANGUAGES
        for suffix in ('po', 'mo')
    }


def test_the_catalogs_are_packaged():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    patterns = config['options.package_data']['errorkit'].split()
    packaged = {path for name in patterns for path in PACKAGE.glob(name)}
    assert {path for path in LOCALE.rglob('*.*') if path.is_file()} <= packaged


TRACE = f'00-{"a" * 32}-{"b" * 16}-01'


@pytest.mark.parametrize(
    'detail', ['too long', Text('The value is too long.')]
)
def test_the_error_of_another_service_stays_its_own_beside_a_translated_one(
    detail,
):
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.old', status=404, renames={'3.5': 'volume.new'})

    class Gone:
        status_code = 404
        headers = {'content-type': 'application/json'}  # noqa: RUF012 - read
        content = (
            b'{"errors": [{"status": 404, "title": "Not Found", '
            b'"detail": "gone", "code": "volume.old"}]}'
        )

    def application(environ, start_response):
        ours = errorkit.Error(502, 'Bad Gateway', detail)
        raise errorkit.MultiError([ours, errorkit.Error.from_response(Gone)])

    wrapped = errorkit.wrap(
        application,
        service_type='volume',
        versions='3.0-3.9',
        catalog=catalog,
        show_upstream=True,
        show_trace_id=True,
    )
    headers = {
        'traceparent': TRACE,
        'OpenStack-API-Version': 'volume 3.9',
        'Accept-Language': 'de',
    }
    first, second = ask(wrapped, headers=headers).json['errors']
    assert first['trace_id'] == 'a' * 32
    assert second['code'] == 'volume.old'
    assert 'trace_id' not in second
