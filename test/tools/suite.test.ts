import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';
import { ACCEPTED, judge } from '../../tools/semantic/accepted';
import type { Finding } from '../../tools/semantic/finding';
import { Tally } from '../../tools/suite/tally';

describe('the tally of a run', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tally-'));
  let printed: string[];
  beforeEach(() => {
    printed = [];
    jest.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
    jest.spyOn(console, 'error').mockImplementation(() => {});
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  function junit(text: string): string {
    const file = path.join(directory, 'junit.xml');
    fs.writeFileSync(file, text);
    return file;
  }

  test('ends with the counts alone on a line, and fails when a check did', async () => {
    const tally = new Tally();
    expect(await tally.check('fine', async () => 1)).toBe(1);
    expect(await tally.check('wrong', () => Promise.reject(new Failure('because')))).toBeUndefined();
    expect(tally.conclude()).toBe(1);
    expect(printed).toEqual(['FAILED wrong: because', '1 passed, 1 failed']);
  });

  test('passes when every check did', async () => {
    const tally = new Tally();
    await tally.check('fine', async () => undefined);
    expect(tally.conclude()).toBe(0);
    expect(printed).toEqual(['1 passed, 0 failed']);
  });

  test('fails when nothing was checked', () => {
    expect(new Tally().conclude()).toBe(1);
  });

  test.each([
    ['jest', '<testsuites name="jest tests" tests="7" failures="1" errors="1" time="1"><testcase><skipped/></testcase></testsuites>'],
    [
      'pytest',
      '<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="7"><testcase><skipped type="a"/></testcase></testsuite></testsuites>',
    ],
  ])('counts the tests of %s, without the skipped ones', (_, text) => {
    const tally = new Tally();
    tally.addJunit(junit(text));
    expect([tally.passed, tally.failed]).toEqual([4, 2]);
    expect(tally.conclude()).toBe(1);
  });

  test('refuses a file without tests', () => {
    expect(() => new Tally().addJunit(junit('<testsuites name="jest tests" tests="0"></testsuites>'))).toThrow('names no test');
  });
});

describe('findings in templates', () => {
  const [accepted] = ACCEPTED;
  const finding: Finding = {
    ...accepted,
    rule: String(accepted.rule),
    resource: 'AtlantisLoadBalancerSecurityGroup1',
    template: 'a',
    message: 'b',
  };

  test('are accepted with a reason, for the resources that it holds for', () => {
    expect(judge([finding]).refused).toEqual([]);
    expect(judge([{ ...finding, resource: 'Other' }]).refused).toHaveLength(1);
    expect(judge([{ ...finding, rule: 'OTHER' }]).refused).toHaveLength(1);
  });

  test('that are accepted but not found are told', () => {
    expect(judge([finding]).stale).toEqual(ACCEPTED.slice(1));
  });

  test('are accepted with a sentence each', () => {
    for (const { reason } of ACCEPTED) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});
