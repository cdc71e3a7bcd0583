import type { CommonLevelOptions } from '../../common-level-options';
import { ImageComponent } from '../../image-component';
import { FILES } from '../files';
import { scriptStep } from '../script-step';
import { kernelSettings } from './common-kernel';
import { createFiles } from './files-of-level';

/** Behind the files of the systems, of which Debian's last one is 99-sysctl.conf: the last file that sets something wins. */
const CONFIG = '/etc/sysctl.d/99-zz-cdk-atlantis.conf';

/** What the kernel and systemd allow. They hear of it when a machine starts from the image, so the tests are on such a machine. */
export function limits(options: Required<CommonLevelOptions>): ImageComponent {
  const { openFilesOfProcess, runUser } = options;
  const serviceLimits = `[Manager]\nDefaultLimitNOFILE=${openFilesOfProcess}\nDefaultLimitCORE=0\n`;
  return ImageComponent.inline('common-limits', {
    description: 'Settings of the kernel and limits',
    buildSteps: createFiles({
      Kernel: { path: CONFIG, content: kernelSettings(options) },
      Modules: { path: '/etc/modprobe.d/90-cdk-atlantis.conf', content: FILES['modprobe.conf'] },
      Sessions: { path: '/etc/security/limits.d/90-cdk-atlantis.conf', content: sessionLimits(openFilesOfProcess) },
      Services: { path: '/etc/systemd/system.conf.d/90-cdk-atlantis.conf', content: serviceLimits },
      CoreDumps: { path: '/etc/systemd/coredump.conf.d/90-cdk-atlantis.conf', content: FILES['coredump.conf'] },
    }),
    validateSteps: [scriptStep('KernelSettings', 'check-kernel-settings.sh', { CONFIG })],
    testSteps: [
      scriptStep('KernelSettings', 'test-kernel-settings.sh', { CONFIG }),
      scriptStep('Limits', 'test-limits.sh', { RUN_USER: runUser, OPEN_FILES: String(openFilesOfProcess) }),
    ],
  });
}

/** `*` is everybody but root. */
function sessionLimits(files: number): string {
  return ['*', 'root'].map((who) => `${who} - nofile ${files}\n${who} - core 0\n`).join('');
}
