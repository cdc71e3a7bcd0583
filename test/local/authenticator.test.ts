import { Authenticator } from '../../integ/local/authenticator';
import { command } from '../../integ/local/setup/command';
import { debianPackages } from '../../integ/local/setup/tools';

test('shows the codes that oathtool shows', async () => {
  await debianPackages('oathtool');
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const authenticator = new Authenticator(secret);
  for (const seconds of [59, 1_111_111_109, 1_234_567_890, 2_000_000_000]) {
    const shown = await command('oathtool', ['--totp', '--base32', '--now', `@${seconds}`, secret]);
    expect(authenticator.codeOf(Math.floor(seconds / 30))).toBe(shown.trim());
  }
});
