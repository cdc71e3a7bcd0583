import { ServerTls } from '../../src';
import { REGION, secretNamed } from '../synthesized';
import { arnOf, atlantisLevel, secretsOf } from './atlantis-level';

const DROP_IN = '/etc/systemd/system/atlantis.service.d/tls.conf';

describe('ServerTls', () => {
  test('at a load balancer the server has no certificate', () => {
    expect(atlantisLevel(() => ({ tls: ServerTls.atLoadBalancer() })).fileAt(DROP_IN)).toBeUndefined();
  });

  test('one secret has certificate and key', () => {
    const { tls } = secretsOf((scope) => ({ port: 8443, tls: ServerTls.fromSecret(secretNamed(scope, 'pair')) }));
    const source = { kind: 'secret', label: 'Givenpair', id: arnOf('pair'), region: REGION };
    expect(tls).toEqual({ port: 8443, certificate: { ...source, key: 'certificate' }, key: { ...source, key: 'private_key' } });
  });

  test('two secrets are the texts themselves', () => {
    const { tls } = secretsOf((scope) => ({ tls: ServerTls.fromSecrets(secretNamed(scope, 'crt'), secretNamed(scope, 'key')) }));
    expect([tls.certificate.id, tls.key.id, tls.certificate.key]).toEqual([arnOf('crt'), arnOf('key'), undefined]);
  });

  test('both are credentials of the unit, and the test of the image asks with TLS', () => {
    const level = atlantisLevel((scope) => ({ tls: ServerTls.fromSecret(secretNamed(scope, 'pair')) }));
    expect(level.fileAt(DROP_IN)).toContain('LoadCredential=tls.crt:/run/atlantis-secrets/tls.crt\nLoadCredential=tls.key:');
    expect(level.variablesOf('atlantis-unit', 'Started')).toEqual({ PORT: '4141', SCHEME: 'https' });
  });
});
