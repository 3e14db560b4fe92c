/** A change that was asked for and cannot be made, in words for whoever asked. */
export class SessionRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SessionRefusal';
  }
}
