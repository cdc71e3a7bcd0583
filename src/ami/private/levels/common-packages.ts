import type { CommonLevelOptions } from '../../common-level-options';
import { ComponentStep } from '../../component-step';
import { ImageComponent } from '../../image-component';
import { ImageOs } from '../../image-os';
import { FILES } from '../files';
import { scriptStep } from '../script-step';
import { pythonPackages } from './common-python';
import { createFiles } from './files-of-level';

const DEBIANS = ['git', 'git-lfs', 'jq', 'unzip', 'chrony', 'curl', 'ca-certificates'];

const PACKAGES = {
  // curl is there, in a smaller package that would be in the way of the whole one
  [ImageOs.AMAZON_LINUX_2023]: ['git', 'jq', 'unzip', 'tar', 'gzip', 'chrony', 'amazon-chrony-config', 'amazon-cloudwatch-agent'],
  [ImageOs.UBUNTU_24_04]: DEBIANS,
  [ImageOs.DEBIAN_12]: DEBIANS,
};

/** Brings the system up to date, installs packages, and has the updates go on. */
export function packages(os: ImageOs, options: Required<CommonLevelOptions>): ImageComponent {
  const updater = os === ImageOs.AMAZON_LINUX_2023 ? 'dnf-automatic' : 'unattended-upgrades';
  const wanted = [...PACKAGES[os], ...pythonPackages(os), ...(options.securityUpdates ? [updater] : []), ...options.packages];
  const values = { PACKAGES: [...new Set(wanted)].join(' ') };
  return ImageComponent.inline('common-packages', {
    description: 'The newest packages of the system, and more of them',
    buildSteps: [
      ...beforeUpdate(os),
      ComponentStep.updateOs('Update'),
      scriptStep('Install', 'install-packages.sh', values),
      ...(options.securityUpdates ? [...updaterFiles(os), scriptStep('SecurityUpdates', 'security-updates.sh')] : []),
    ],
    validateSteps: [
      scriptStep('Installed', 'check-packages.sh', values),
      ...(options.securityUpdates ? [scriptStep('SecurityUpdates', 'check-security-updates.sh')] : []),
    ],
  });
}

/** Amazon Linux sees only the packages of the day on which its base image was made, unless it is told to look further. */
function beforeUpdate(os: ImageOs): ComponentStep[] {
  if (os !== ImageOs.AMAZON_LINUX_2023) return [scriptStep('WaitForBoot', 'wait-for-boot.sh')];
  return [ComponentStep.createFile('NewestRelease', { path: '/etc/dnf/vars/releasever', content: 'latest\n' })];
}

function updaterFiles(os: ImageOs): ComponentStep[] {
  if (os === ImageOs.AMAZON_LINUX_2023) {
    return createFiles({ Updater: { path: '/etc/dnf/automatic.conf', content: FILES['dnf-automatic.conf'] } });
  }
  return createFiles({
    // behind 50unattended-upgrades, whose lists it empties
    Updater: { path: '/etc/apt/apt.conf.d/90cdk-atlantis', content: FILES['security-updates.conf'] },
    Restarter: { path: '/etc/needrestart/conf.d/90-cdk-atlantis.conf', content: FILES['needrestart.conf'] },
  });
}
