# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - the apostrophe of French
"""The refusals of messages, actions and faults, in the reader's language."""

import pathlib
import re

import pytest
from action_service import (
    ADMIN,
    OWNER,
    VOLUMES,
    Asks,
    neutral,
    nova,
    told,
    wrapped,
)
from babel.messages import extract, pofile
from recorded import ASKED, Book
from rest_service import api_of
from rest_service import wrapped as messages_of

import errorkit
from errorkit._i18n import translate
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.rest.actions import FaultPages
from errorkit.outcomes.rest.refusals import Refusals

PACKAGE = pathlib.Path(errorkit.__file__).parent
SERVERS = '/v2.1/servers/vol-1/os-instance-actions'
VOLUME = '/v3/volumes/vol-1/actions'
OTHER = '/v3/volumes/vol-9/actions'
MESSAGES = '/v3/alpha/messages'
LONG = 'x' * 300
CUT = 'x' * 255 + '…'
SORT = ('created_at, id, event_id, expires_at, message_level, request_id, '
        'resource_type, resource_uuid')
FILTERS = ('event_id, message_level, request_id, resource_type, '
           'resource_uuid')
FAULTS = ('resource_type, resource_id, request_id, global_request_id, code, '
          'since, before, limit, marker')

# Of a request to a service: what it is refused with, in three languages.
REFUSALS = {
    # Messages.
    ('messages', MESSAGES + '/no-such'): (
        404, 'volume.message.not_found',
        'Message no-such could not be found.',
        'Die Nachricht no-such wurde nicht gefunden.',
        'Le message no-such est introuvable.'),
    ('messages', f'{MESSAGES}/{LONG}'): (
        404, 'volume.message.not_found',
        f'Message {CUT} could not be found.',
        f'Die Nachricht {CUT} wurde nicht gefunden.',
        f'Le message {CUT} est introuvable.'),
    ('messages', MESSAGES + '/%25(id)s%3Cb%3E%C3%A4%25d'): (
        404, 'volume.message.not_found',
        'Message %(id)s<b>ä%d could not be found.',
        'Die Nachricht %(id)s<b>ä%d wurde nicht gefunden.',
        'Le message %(id)s<b>ä%d est introuvable.'),
    ('messages', MESSAGES + '?marker=no-such'): (
        404, 'volume.message.marker_not_found',
        'Marker no-such could not be found.',
        'Der Marker no-such wurde nicht gefunden.',
        'Le marqueur no-such est introuvable.'),
    ('messages', MESSAGES + '?b=1&a=2'): (
        400, 'volume.message.unknown_filter',
        f'Invalid filters: a, b. The filters are {FILTERS}.',
        f'Ungültige Filter: a, b. Es gibt die Filter {FILTERS}.',
        f'Filtres non valides : a, b. Les filtres sont {FILTERS}.'),
    ('messages', MESSAGES + '?limit=x'): (
        400, 'volume.message.invalid_query',
        'The parameter limit is not valid: a whole number, 0 or more.',
        'Der Parameter limit ist ungültig: Erlaubt ist eine ganze Zahl ab 0.',
        'Le paramètre limit n’est pas valide : il faut un nombre entier '
        'supérieur ou égal à 0.'),
    ('messages', MESSAGES + '?offset=99999999999'): (
        400, 'volume.message.invalid_query',
        'The parameter offset is not valid: a whole number, 2147483647 at '
        'most.',
        'Der Parameter offset ist ungültig: Erlaubt ist eine ganze Zahl bis '
        'höchstens 2147483647.',
        'Le paramètre offset n’est pas valide : il faut un nombre entier, '
        '2147483647 au plus.'),
    ('messages', MESSAGES + '?event_id=%00'): (
        400, 'volume.message.invalid_query',
        'The parameter event_id is not valid: a text of at most 255 '
        'characters, none of them a control character.',
        'Der Parameter event_id ist ungültig: Erlaubt ist ein Text mit '
        'höchstens 255 Zeichen, darunter keine Steuerzeichen.',
        'Le paramètre event_id n’est pas valide : il faut un texte d’au plus '
        '255 caractères, sans caractère de contrôle.'),
    ('messages', MESSAGES + '?sort=colour'): (
        400, 'volume.message.invalid_query',
        f'The parameter sort is not valid: keys are {SORT}; directions are '
        'asc, desc.',
        f'Der Parameter sort ist ungültig: Die Schlüssel sind {SORT}, die '
        'Richtungen asc und desc.',
        f'Le paramètre sort n’est pas valide : les clés sont {SORT} ; les '
        'sens sont asc et desc.'),
    ('messages', MESSAGES + '?sort=id&sort_key=id'): (
        400, 'volume.message.invalid_query',
        'The parameter sort is not valid: sort_key and sort_dir stand in its '
        'place.',
        'Der Parameter sort ist ungültig: An seiner Stelle stehen sort_key '
        'und sort_dir.',
        'Le paramètre sort n’est pas valide : sort_key et sort_dir le '
        'remplacent déjà.'),
    ('messages', MESSAGES + '?limit=1&limit=2'): (
        400, 'volume.message.invalid_query',
        'The parameter limit is not valid: it is given more than once.',
        'Der Parameter limit ist ungültig: Er ist mehrfach angegeben.',
        'Le paramètre limit n’est pas valide : il est donné plusieurs fois.'),
    ('messages', MESSAGES + '?event_id=%ff'): (
        400, 'volume.message.invalid_query',
        'The parameter event_id is not valid: it is not UTF-8.',
        'Der Parameter event_id ist ungültig: Er ist nicht in UTF-8 kodiert.',
        'Le paramètre event_id n’est pas valide : il n’est pas codé en '
        'UTF-8.'),
    ('messages', MESSAGES + '?all_tenants=maybe'): (
        400, 'volume.message.invalid_query',
        'The parameter all_tenants is not valid: 1 or 0 are.',
        'Der Parameter all_tenants ist ungültig: Erlaubt sind 1 und 0.',
        'Le paramètre all_tenants n’est pas valide : seuls 1 et 0 le sont.'),
    ('messages', '/v3/beta/messages'): (
        400, 'volume.message.wrong_project',
        'The project in the address is not that of the token.',
        'Das Projekt in der Adresse ist nicht das des Tokens.',
        'Le projet de l’adresse n’est pas celui du jeton.'),
    ('messages', MESSAGES + '/a/b'): (
        404, 'volume.message.no_such_page',
        'The resource could not be found.',
        'Die Ressource wurde nicht gefunden.',
        'La ressource est introuvable.'),
    ('messages', 'POST ' + MESSAGES): (
        405, 'volume.message.method_not_allowed',
        'The methods here are GET, HEAD.',
        'Die Methoden sind hier GET, HEAD.',
        'Les méthodes sont ici GET, HEAD.'),
    # Actions.
    ('nova', SERVERS + '/req-none'): (
        404, 'compute.action.not_found',
        'Action req-none not found',
        'Aktion req-none nicht gefunden',
        'Action req-none introuvable'),
    ('nova', SERVERS.replace('vol-1', 'vol-9')): (
        404, 'compute.action.resource_not_found',
        'Instance vol-9 could not be found.',
        'Die Instanz vol-9 wurde nicht gefunden.',
        'L’instance vol-9 est introuvable.'),
    ('neutral', OTHER): (
        404, 'volume.action.resource_not_found',
        'Resource vol-9 could not be found.',
        'Die Ressource vol-9 wurde nicht gefunden.',
        'La ressource vol-9 est introuvable.'),
    ('named', OTHER): (
        404, 'volume.action.resource_not_found',
        'Volume vol-9 could not be found.',
        'Volume vol-9 wurde nicht gefunden.',
        'Volume vol-9 : introuvable.'),
    ('nova', SERVERS + '?marker=req-none'): (
        400, 'compute.action.marker_not_found',
        'Marker req-none could not be found.',
        'Der Marker req-none wurde nicht gefunden.',
        'Le marqueur req-none est introuvable.'),
    ('nova', SERVERS + '?colour=red&a=b'): (
        400, 'compute.action.invalid_query',
        'Additional properties are not allowed: a, colour. The parameters '
        'are limit, marker, changes-since, changes-before.',
        'Zusätzliche Eigenschaften sind nicht erlaubt: a, colour. Es gibt '
        'die Parameter limit, marker, changes-since, changes-before.',
        'Propriétés supplémentaires non autorisées : a, colour. Les '
        'paramètres sont limit, marker, changes-since, changes-before.'),
    ('nova', SERVERS + '?changes-since=never'): (
        400, 'compute.action.invalid_query',
        'The parameter changes-since is not valid: a time in ISO 8601, such '
        'as 2026-11-22T10:00:00Z.',
        'Der Parameter changes-since ist ungültig: Erlaubt ist ein Zeitpunkt '
        'nach ISO 8601, zum Beispiel 2026-11-22T10:00:00Z.',
        'Le paramètre changes-since n’est pas valide : il faut une date et '
        'une heure au format ISO 8601, comme 2026-11-22T10:00:00Z.'),
    ('nova', SERVERS + '?changes-since=2026-02-01&changes-before=2026-01-01'):
        (400, 'compute.action.invalid_query',
         'The value of changes-since must be less than or equal to '
         'changes-before.',
         'Der Wert von changes-since muss kleiner oder gleich dem von '
         'changes-before sein.',
         'La valeur de changes-since doit être inférieure ou égale à celle '
         'de changes-before.'),
    ('nova', SERVERS + '?limit=1&limit=2'): (
        400, 'compute.action.invalid_query',
        'The parameter limit is not valid: it is given more than once.',
        'Der Parameter limit ist ungültig: Er ist mehrfach angegeben.',
        'Le paramètre limit n’est pas valide : il est donné plusieurs fois.'),
    ('refusing', VOLUME): (
        403, 'volume.action.forbidden',
        'The policy does not allow action:get_all to be performed.',
        'Die Richtlinien erlauben es nicht, action:get_all auszuführen.',
        'La politique d’accès ne permet pas d’exécuter action:get_all.'),
    ('neutral', 'DELETE ' + VOLUME): (
        405, 'volume.action.method_not_allowed',
        'The methods here are GET, HEAD.',
        'Die Methoden sind hier GET, HEAD.',
        'Les méthodes sont ici GET, HEAD.'),
    # Faults.
    ('faults', '/v3/faults?since=2026-02-01&before=2026-01-01'): (
        400, 'volume.action.invalid_query',
        'The parameter since is not valid: not after before.',
        'Der Parameter since ist ungültig: Der Zeitpunkt darf nicht nach dem '
        'von before liegen.',
        'Le paramètre since n’est pas valide : il ne doit pas être postérieur '
        'à before.'),
    ('faults', '/v3/faults?colour=red'): (
        400, 'volume.action.invalid_query',
        'Additional properties are not allowed: colour. The parameters are '
        f'{FAULTS}.',
        'Zusätzliche Eigenschaften sind nicht erlaubt: colour. Es gibt die '
        f'Parameter {FAULTS}.',
        'Propriétés supplémentaires non autorisées : colour. Les paramètres '
        f'sont {FAULTS}.'),
    ('faults', '/v3/faults?request_id=%00'): (
        400, 'volume.action.invalid_query',
        'The parameter request_id is not valid: a text of at most 255 '
        'characters, none of them a control character.',
        'Der Parameter request_id ist ungültig: Erlaubt ist ein Text mit '
        'höchstens 255 Zeichen, darunter keine Steuerzeichen.',
        'Le paramètre request_id n’est pas valide : il faut un texte d’au '
        'plus 255 caractères, sans caractère de contrôle.'),
}
LANGUAGES = {
    None: ('en', 2), 'en-GB, de;q=0.1': ('en', 2), 'fi': ('en', 2),
    'de-AT, en;q=0.5': ('de', 3), 'fr': ('fr', 4),
}


@pytest.fixture(scope='module')
def services():
    """Return each of the services, with one volume that has an action."""
    book = Book(MemoryActions())
    with book.record('create'):
        pass
    return {
        'messages': messages_of(api_of()),
        'nova': nova(book.actions),
        'neutral': neutral(book.actions),
        'named': neutral(book.actions, what='Volume'),
        'refusing': neutral(book.actions, policy=lambda *asked: False),
        'faults': wrapped(
            FaultPages(book.actions, service_type='volume', catalog=VOLUMES),
            OWNER, '/v3', 'volume', VOLUMES),
    }


def ask(services, service, path, language=None):
    """Return the response to a request in the newest microversion."""
    method, _, address = path.rpartition(' ')
    newest = '3.71' if service == 'messages' else '2.101'
    more = {'HTTP_OPENSTACK_API_VERSION':
            f'volume {newest}, compute {newest}'}
    if language is not None:
        more['HTTP_ACCEPT_LANGUAGE'] = language
    token = ADMIN if service == 'faults' else OWNER
    return Asks(services[service], token)(address, method or 'GET', **more)


@pytest.mark.parametrize(('service', 'path'), REFUSALS)
def test_a_client_that_names_no_language_reads_english(
        services, service, path):
    status, code, english, *_ = REFUSALS[service, path]
    response = ask(services, service, path)
    assert told(response, status, code)[1] == english


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize(('service', 'path'), REFUSALS)
def test_a_refusal_is_in_the_language_of_its_reader(
        services, service, path, language):
    expected = REFUSALS[service, path]
    name, place = LANGUAGES[language]
    response = ask(services, service, path, language)
    assert told(response, *expected[:2])[1] == expected[place]
    assert response.headers['Content-Language'] == name
    assert 'Accept-Language' in response.vary
    # All else is as without a language.
    plain = ask(services, service, path)
    assert response.status == plain.status
    assert response.vary == plain.vary
    assert response.headers.get('Allow') == plain.headers.get('Allow')
    assert [one['title'] for one in response.json['errors']] == [
        one['title'] for one in plain.json['errors']]


def test_every_text_of_these_refusals_is_asked_for_here(services):
    folder = PACKAGE / 'outcomes'
    texts = set()
    for path in [
            *(folder / 'rest').rglob('*.py'),
            *folder.glob('*listing.py')]:
        found = extract.extract_from_file('python', path, keywords={'_': None})
        texts |= {message for _, message, *_ in found}
    assert texts
    said = [expected[2] for expected in REFUSALS.values()]
    for text in texts:
        pattern = re.sub(r'%\\\(\w+\\\)s', '.+', re.escape(text))
        assert [one for one in said if re.search(pattern, one)], text


def test_what_is_found_is_not_of_that_language(services):
    response = ask(services, 'neutral', VOLUME, 'de')
    assert response.status_int == 200
    assert 'Content-Language' not in response.headers
    assert 'Accept-Language' not in (response.vary or ())
    assert ASKED in response.text


def test_the_words_of_a_value_do_not_choose_the_sentence():
    name = 'limit is not valid: it is not UTF-8. x'
    raised = Refusals('volume').invalid(InvalidInput(name, '', '1 or 0 are'))
    assert raised.detail == f'The parameter {name} is not valid: 1 or 0 are.'
    assert translate(raised.detail, 'de') == (
        f'Der Parameter {name} ist ungültig: 1 or 0 are.')


@pytest.mark.parametrize('language', ['de', 'fr'])
def test_no_sentence_of_a_translation_is_that_of_another(language):
    path = PACKAGE / 'locale' / language / 'LC_MESSAGES' / 'errorkit.po'
    with path.open('rb') as file:
        texts = [one.string for one in pofile.read_po(file) if one.id]
    assert len(texts) == len(set(texts))
