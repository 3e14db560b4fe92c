/** Commands that texts tell people to type: typed without the profile, they would be about another gateway. */

const words =
  'agent|channels|completion|config|cron|daemon|dashboard|devices|doctor|gateway|health|logs|onboard|pairing|secrets|sessions|setup|status|system';
const command = new RegExp(`(?<![./\\w-])pllan (?=(?:${words})\\b)`, 'g');

/** The text with the profile in its commands; undefined and `default` need none. */
export function namingProfile(text: string, profile: string | undefined): string {
  const name = profile?.trim() ?? '';
  if (name === '' || name.toLowerCase() === 'default') return text;
  return text.replace(command, `pllan ${name === 'dev' ? '--dev' : `--profile ${name}`} `);
}
