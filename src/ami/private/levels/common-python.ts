import { ImageComponent } from '../../image-component';
import { ImageOs } from '../../image-os';
import { FILES } from '../files';
import { scriptStep } from '../script-step';
import { createFiles } from './files-of-level';

/** It stays on the image, to say what is there. */
const REQUIREMENTS = '/usr/share/cdk-atlantis/python-requirements.txt';

/** Amazon Linux has Python 3.9 for itself, which boto3 has left behind, and a newer one beside it. */
const PYTHON = {
  [ImageOs.AMAZON_LINUX_2023]: { interpreter: 'python3.11', packages: ['python3.11', 'python3.11-pip'] },
  [ImageOs.UBUNTU_24_04]: { interpreter: 'python3', packages: ['python3', 'python3-venv'] },
  [ImageOs.DEBIAN_12]: { interpreter: 'python3', packages: ['python3', 'python3-venv'] },
};

/** The lines of this level's own requirements. */
export const OWN_REQUIREMENTS: readonly string[] = FILES['python-requirements.txt'].split('\n').filter((line) => /^\w/.test(line));

/** The name as the index compares it: "A_b" and "a-b" are the same. */
export function packageOf(requirement: string): string {
  return requirement
    .split(/\[|==/)[0]
    .toLowerCase()
    .replace(/[-_.]+/g, '-');
}

export function pythonPackages(os: ImageOs): readonly string[] {
  return PYTHON[os].packages;
}

/** A virtual environment, since Ubuntu lets nobody install into the system's own. */
export function pythonTooling(os: ImageOs, requirements: readonly string[]): ImageComponent {
  const content = [FILES['python-requirements.txt'].trimEnd(), ...requirements, ''].join('\n');
  return ImageComponent.inline('common-python', {
    description: 'Python tooling in /opt/python-tooling',
    buildSteps: [
      ...createFiles({ Requirements: { path: REQUIREMENTS, content } }),
      scriptStep('Install', 'python-tooling.sh', { PYTHON: PYTHON[os].interpreter, REQUIREMENTS }),
    ],
    validateSteps: [scriptStep('Works', 'check-python-tooling.sh', { REQUIREMENTS })],
  });
}
