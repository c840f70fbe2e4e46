declare module "virtual:field-icons" {
  const drawn: Record<string, string>;
  export default drawn;
}
