import { AtlantisVersion } from '../../src';

describe('AtlantisVersion', () => {
  test('the constant is the version that the library was run with', () => {
    expect(AtlantisVersion.V0_47_1.version).toBe('0.47.1');
  });

  test.each(['0.47.1', '0.47.2', '0.48.0', '0.100.0', '1.0.0'])('%s is accepted', (version) => {
    expect(AtlantisVersion.of(version).version).toBe(version);
  });

  test.each(['0.47.0', '0.46.9', '0.9.9', '0.0.0'])('%s is refused, since a pull request can inject commands into it', (version) => {
    expect(() => AtlantisVersion.of(version)).toThrow(
      new Error(
        `AtlantisVersion.of: got "${version}", in which a pull request can inject shell commands (GHSA-rjh2-4xgw-p2hj); give 0.47.1 or newer`,
      ),
    );
  });

  test.each(['v0.47.1', 'latest', '0.47', '', '0.47.1-debian'])('"%s" is refused as no version', (version) => {
    expect(() => AtlantisVersion.of(version)).toThrow(
      new Error(`AtlantisVersion.of: got "${version}"; give three numbers with dots, such as 0.47.1`),
    );
  });
});
