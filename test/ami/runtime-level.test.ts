import { Lazy } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { ImageLevel, type OtherToolProps, RuntimeTool } from '../../src';
import { documentsOfLevel, filesOfLevel, refusalOfLevel, stepsOf, valuesOf } from './levels';

const SHA256 = '0123456789abcdef'.repeat(4);
const TFLINT: OtherToolProps = {
  version: '0.50.0',
  url: 'https://example.com/tflint_linux_amd64.zip',
  entry: 'tflint',
  checksumsUrl: 'https://example.com/checksums.txt',
};

const document = (tools: RuntimeTool[], architecture = InstanceArchitecture.X86_64) =>
  documentsOfLevel(ImageLevel.runtime({ tools }), { architecture }).runtime;

function fetched(tool: RuntimeTool, architecture = InstanceArchitecture.X86_64): { readonly [variable: string]: string } {
  return valuesOf(document([tool], architecture), 'build', `Fetch-${tool.name}-${tool.version.replace(/\./g, '-')}`);
}

const checked = (tool: RuntimeTool) => valuesOf(document([tool]), 'validate', `Check-${tool.name}-${tool.version.replace(/\./g, '-')}`);

describe('the tools of the runtime level', () => {
  test.each([
    [
      RuntimeTool.terraform('1.14.9'),
      'https://releases.hashicorp.com/terraform/1.14.9/terraform_1.14.9_linux_amd64.zip',
      'https://releases.hashicorp.com/terraform/1.14.9/terraform_1.14.9_SHA256SUMS',
      'terraform',
    ],
    [
      RuntimeTool.openTofu('1.12.5'),
      'https://github.com/opentofu/opentofu/releases/download/v1.12.5/tofu_1.12.5_linux_amd64.zip',
      'https://github.com/opentofu/opentofu/releases/download/v1.12.5/tofu_1.12.5_SHA256SUMS',
      'tofu',
    ],
    [
      RuntimeTool.terragrunt('1.1.6'),
      'https://github.com/gruntwork-io/terragrunt/releases/download/v1.1.6/terragrunt_linux_amd64',
      'https://github.com/gruntwork-io/terragrunt/releases/download/v1.1.6/SHA256SUMS',
      undefined,
    ],
    [
      RuntimeTool.conftest('0.66.0'),
      'https://github.com/open-policy-agent/conftest/releases/download/v0.66.0/conftest_0.66.0_Linux_x86_64.tar.gz',
      'https://github.com/open-policy-agent/conftest/releases/download/v0.66.0/checksums.txt',
      'conftest',
    ],
  ])('are fetched from their publisher, and compared with its list (%#)', (tool, url, list, entry) => {
    expect(fetched(tool)).toMatchObject({ URL: url, LIST_URL: list });
    expect(fetched(tool).ENTRY).toBe(entry);
    const arm = url.replace(/amd64|x86_64/, 'arm64');
    expect(fetched(tool, InstanceArchitecture.ARM_64)).toMatchObject({ URL: arm, LIST_URL: list });
  });

  test('are put where Atlantis looks for versions, and the first of each under its plain name too', () => {
    const tools = [RuntimeTool.terraform('1.14.9'), RuntimeTool.openTofu('1.12.5'), RuntimeTool.terraform('1.13.0')];
    const values = (step: string) => valuesOf(document(tools), 'build', step);
    expect(values('Fetch-terraform-1-14-9')).toMatchObject({
      DESTINATION: '/usr/local/bin/terraform1.14.9',
      LINK: '/usr/local/bin/terraform',
    });
    expect(values('Fetch-tofu-1-12-5')).toMatchObject({ DESTINATION: '/usr/local/bin/tofu1.12.5', LINK: '/usr/local/bin/tofu' });
    expect(values('Fetch-terraform-1-13-0').DESTINATION).toBe('/usr/local/bin/terraform1.13.0');
    expect(values('Fetch-terraform-1-13-0').LINK).toBeUndefined();
  });

  test('say the version that was asked for, or there is no image', () => {
    expect(checked(RuntimeTool.terraform('1.14.9'))).toEqual({
      NAME: 'Terraform 1.14.9',
      PROGRAM: '/usr/local/bin/terraform',
      ARGUMENT: 'version',
      VERSION: '1.14.9',
    });
    expect(checked(RuntimeTool.openTofu('1.12.5')).ARGUMENT).toBe('version');
    expect(checked(RuntimeTool.terragrunt('1.1.6')).ARGUMENT).toBe('--version');
    expect(checked(RuntimeTool.conftest('0.66.0')).ARGUMENT).toBe('--version');
  });

  test('are known to the bill of materials by their names and versions', () => {
    expect(fetched(RuntimeTool.openTofu('1.12.5'))).toMatchObject({ NAME: 'OpenTofu 1.12.5', PRODUCT: 'tofu', VERSION: '1.12.5' });
  });

  test('tell the server which conftest to check policies with: the first one', () => {
    const paths = (tools: RuntimeTool[]) => filesOfLevel(ImageLevel.runtime({ tools }))['/etc/atlantis/server-environment.d/conftest.conf'];
    expect(paths([RuntimeTool.conftest('0.66.0'), RuntimeTool.conftest('0.65.0')])).toBe('DEFAULT_CONFTEST_VERSION=0.66.0\n');
    expect(paths([RuntimeTool.terraform('1.14.9')])).toBeUndefined();
  });

  test('leave nothing of the build behind', () => {
    const steps = stepsOf(document([RuntimeTool.terraform('1.14.9')]), 'build');
    const created = steps.filter(({ action }) => action === 'CreateFile').map(({ inputs: [{ path }] }) => path);
    expect(steps.at(-1).inputs.commands).toContain(`rm ${created.join(' ')}`);
  });

  test("RuntimeToolOptions.sha256 left out: the publisher's list is what is compared", () => {
    expect(fetched(RuntimeTool.terraform('1.14.9')).SHA256).toBeUndefined();
    const given = fetched(RuntimeTool.terraform('1.14.9', { sha256: SHA256 }));
    expect([given.SHA256, given.LIST_URL]).toEqual([SHA256, undefined]);
  });
});

describe('a tool of another publisher', () => {
  test('is fetched and checked like the others', () => {
    const tool = RuntimeTool.of('tflint', TFLINT);
    expect(fetched(tool)).toEqual({
      NAME: 'tflint 0.50.0',
      PRODUCT: 'tflint',
      VERSION: '0.50.0',
      URL: TFLINT.url,
      LIST_URL: TFLINT.checksumsUrl,
      ENTRY: 'tflint',
      DESTINATION: '/usr/local/bin/tflint0.50.0',
      LINK: '/usr/local/bin/tflint',
    });
  });

  test('OtherToolProps.entry left out: what is downloaded is the program', () => {
    expect(fetched(RuntimeTool.of('tflint', { ...TFLINT, entry: undefined })).ENTRY).toBeUndefined();
  });

  test('OtherToolProps.sha256 left out: the list of checksums is compared', () => {
    expect(fetched(RuntimeTool.of('tflint', TFLINT)).LIST_URL).toBe('https://example.com/checksums.txt');
  });

  test('OtherToolProps.checksumsUrl left out: the digest that is given is compared', () => {
    expect(fetched(RuntimeTool.of('tflint', { ...TFLINT, checksumsUrl: undefined, sha256: SHA256 })).SHA256).toBe(SHA256);
  });

  test('OtherToolProps.versionArgument left out: --version', () => {
    expect(checked(RuntimeTool.of('tflint', TFLINT)).ARGUMENT).toBe('--version');
    expect(checked(RuntimeTool.of('tflint', { ...TFLINT, versionArgument: 'version' })).ARGUMENT).toBe('version');
  });
});

describe('wrong tools are refused:', () => {
  const UNKNOWN = Lazy.string({ produce: () => 'x' });
  const other = (props: Partial<OtherToolProps>, name = 'tflint') => RuntimeTool.of(name, { ...TFLINT, ...props });

  test.each<[string, RuntimeTool, string]>([
    [
      'a version with a letter',
      RuntimeTool.terraform('v1.14.9'),
      ': got the version "v1.14.9"; give three numbers with dots, such as 1.14.9',
    ],
    ['two numbers', RuntimeTool.openTofu('1.12'), ': got the version "1.12"; give three numbers'],
    ['a version that is not known', RuntimeTool.conftest(UNKNOWN), '; give three numbers with dots'],
    [
      'a short digest',
      RuntimeTool.terragrunt('1.1.6', { sha256: 'abc' }),
      '.sha256: got "abc"; give 64 hexadecimal digits with small letters',
    ],
    ['a digest with capital letters', other({ checksumsUrl: undefined, sha256: SHA256.toUpperCase() }), 'with small letters'],
    ['a name with a path', other({}, '../tflint'), ': got the name "../tflint"; start with a small letter, then small letters, digits and'],
    [
      'plain HTTP',
      other({ url: 'http://example.com/a.zip' }),
      '.url: got "http://example.com/a.zip"; give an address that starts with https:// and is known at synth',
    ],
    [
      'a list without TLS',
      other({ checksumsUrl: 'ftp://example.com/a' }),
      '.checksumsUrl: got "ftp://example.com/a"; give an address that',
    ],
    ['an entry above the archive', other({ entry: '/etc/passwd' }), "; give the program's path in the archive, such as bin/tool"],
    [
      'no checksum',
      other({ checksumsUrl: undefined }),
      ': needs one of sha256 and checksumsUrl, and not both; nothing is installed without a checksum',
    ],
    ['two checksums', other({ sha256: SHA256 }), ': needs one of sha256 and checksumsUrl'],
  ])('%s', (_, tool, message) => {
    const refusal = refusalOfLevel(ImageLevel.runtime({ tools: [RuntimeTool.terraform('1.14.9', { sha256: SHA256 }), tool] }));
    expect(refusal).toContain('[Level] runtime.tools[1]');
    expect(refusal).toContain(message);
  });

  test('no tool at all', () => {
    expect(refusalOfLevel(ImageLevel.runtime({ tools: [] }))).toBe(
      '[Level] runtime.tools: got no tool; give at least one, or leave the level out',
    );
  });

  test('the same version twice', () => {
    expect(refusalOfLevel(ImageLevel.runtime({ tools: [RuntimeTool.terraform('1.14.9'), RuntimeTool.terraform('1.14.9')] }))).toBe(
      '[Level] runtime.tools[1]: is terraform 1.14.9, which is there already; leave one of them out',
    );
  });
});
