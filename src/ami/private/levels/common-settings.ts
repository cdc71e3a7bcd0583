import { SizeRoundingBehavior } from 'aws-cdk-lib';
import type { CommonLevelOptions } from '../../common-level-options';
import type { CreateFileProps } from '../../component-step';
import { ImageComponent } from '../../image-component';
import { ImageOs } from '../../image-os';
import { FILES } from '../files';
import { scriptStep } from '../script-step';
import { createFiles } from './files-of-level';

/** The user that the service runs as, the time, the journal, and how people come in. */
export function settings(os: ImageOs, options: Required<CommonLevelOptions>): ImageComponent {
  const user = { RUN_USER: options.runUser, RUN_USER_ID: String(options.runUserId) };
  const ssh = { SSH: String(options.ssh) };
  return ImageComponent.inline('common-settings', {
    description: 'The run user, the time, and less to attack',
    buildSteps: [
      scriptStep('RunUser', 'run-user.sh', user),
      ...createFiles(settingFiles(os, options)),
      scriptStep('TimeSource', 'time-source.sh'),
      scriptStep('LessToAttack', 'less-to-attack.sh', ssh),
    ],
    validateSteps: [
      scriptStep('RunUser', 'check-run-user.sh', user),
      scriptStep('TimeSource', 'check-time-source.sh'),
      scriptStep('LessToAttack', 'check-less-to-attack.sh', ssh),
    ],
    testSteps: [scriptStep('Services', 'test-services.sh', ssh)],
  });
}

function settingFiles(os: ImageOs, { journalSize }: Required<CommonLevelOptions>): { readonly [name: string]: CreateFileProps } {
  const journal = `[Journal]\nStorage=persistent\nSystemMaxUse=${journalSize.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR })}M\n`;
  const files = {
    Journal: { path: '/etc/systemd/journald.conf.d/90-cdk-atlantis.conf', content: journal },
    Umask: { path: '/etc/profile.d/90-cdk-atlantis.sh', content: FILES['umask.sh'] },
    // the first file that sets something wins
    Sshd: { path: '/etc/ssh/sshd_config.d/10-cdk-atlantis.conf', content: FILES['sshd.conf'] },
  };
  if (os === ImageOs.AMAZON_LINUX_2023) return files;
  return { ...files, AmazonTime: { path: '/etc/chrony/sources.d/cdk-atlantis.sources', content: FILES['amazon-time.sources'] } };
}
