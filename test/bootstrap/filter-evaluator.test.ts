import { matches } from './filter-evaluator';

/** The events that the documentation of CloudWatch Logs tells its examples by. */
const TRAIL_UPDATED = {
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  ThisFlag: true,
};
const USERS = {
  user: { id: 1, email: 'John.Stiles@example.com' },
  users: [
    { id: 2, email: 'John.Doe@example.com' },
    { id: 3, email: 'Jane.Doe@example.com' },
  ],
  actions: ['GET', 'PUT', 'DELETE'],
  coordinates: [
    [0, 1, 2],
    [4, 5, 6],
    [7, 8, 9],
  ],
};

test.each([
  ['{ $.eventType = "UpdateTrail" }', TRAIL_UPDATED],
  ['{ $.sourceIPAddress != 123.123.* }', TRAIL_UPDATED],
  ['{ $.arrayKey[0] = "value" }', TRAIL_UPDATED],
  ['{ $.objectList[1].id = 2 }', TRAIL_UPDATED],
  ['{ $.SomeObject IS NULL }', TRAIL_UPDATED],
  ['{ $.SomeOtherObject NOT EXISTS }', TRAIL_UPDATED],
  ['{ $.ThisFlag IS TRUE }', TRAIL_UPDATED],
  ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS],
  ['{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', USERS],
  ['{$.foo = bar || $.foo = baz }', { foo: 'baz' }],
  ['{ $.latency = * }', { latency: 5 }],
  ['{ $.name = "*Event" }', { name: 'PutEvent' }],
  ['{ $.name = "Event*" }', { name: 'EventId' }],
  ['{ $.name = "Ev*ent" }', { name: 'Ev*ent' }],
])('the pattern %s matches, as the documentation says', (pattern, event) => {
  expect(matches(pattern, event)).toBe(true);
});

test.each([
  ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS],
  ['{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }', USERS],
  ['{ $.users = 1 }', { users: [1, 2, 3] }],
  ['{ $.users != 1 }', { users: [1, 2, 3] }],
  ['{ $.name = "Ev*ent" }', { name: 'Event' }],
  ['{ $.name = "event" }', { name: 'Event' }],
  ['{ $.sourceIPAddress != 111.111.* }', TRAIL_UPDATED],
  ['{ $.SomeObject NOT EXISTS }', TRAIL_UPDATED],
  ['{ $.ThisFlag IS FALSE }', TRAIL_UPDATED],
  ['{ $.latency = * }', { other: 5 }],
])('the pattern %s does not match, as the documentation says', (pattern, event) => {
  expect(matches(pattern, event)).toBe(false);
});

test.each([
  '{ $.a = "b"',
  '{ ($.a = "b" }',
  '{ $.a ~ "b" }',
  '{ $.a > 5 }',
  '{ a = "b" }',
  '{ $.a = "b" } }',
  '{ $.a IS EMPTY }',
  '$.a = "b"',
  `{ $.a = "${'b'.repeat(1024)}" }`,
])('what is no pattern, or none that is known here, is refused: %s', (pattern) => {
  expect(() => matches(pattern, {})).toThrow();
});

test('what a missing property is compared with by != is left to the test', () => {
  expect(matches('{ $.a != "b" }', {}, true)).toBe(true);
  expect(matches('{ $.a != "b" }', {}, false)).toBe(false);
});
